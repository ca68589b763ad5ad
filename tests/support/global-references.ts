import ts from 'typescript'

export interface GlobalReference {
  readonly file: string
  readonly line: number
  readonly name: string
}

/**
 * Uses of globals that the language itself does not have: those of Node (`process`, `Buffer`), of the DOM (`document`,
 * `navigator`, also as types), of WebGPU, and `globalThis`, through which all of them can be reached.
 *
 * A name counts when the type checker resolves it to declarations that lie only in the libraries of such an
 * environment; a local variable or an import of the same name does not.
 */
export function environmentGlobals(program: ts.Program, files: readonly string[]): GlobalReference[] {
  const checker = program.getTypeChecker()
  return files.flatMap((file) => {
    const source = program.getSourceFile(file)
    if (source === undefined) throw new Error(`${file} is not part of the program`)
    const found: GlobalReference[] = []
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && !isMemberName(node) && isEnvironmentGlobal(node, checker)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
        found.push({ file, line: line + 1, name: node.text })
      }
      ts.forEachChild(node, visit)
    }
    visit(source)
    return found
  })
}

/** A program over the given files with every environment's globals in view, so that they resolve and can be seen. */
export function programOf(files: readonly string[], options: ts.CompilerOptions, host?: ts.CompilerHost): ts.Program {
  return ts.createProgram(files, { ...options, noEmit: true, composite: false, incremental: false }, host)
}

/** `b` in `a.b` or `{ b: 1 }`: a name inside another thing, not a global. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  if (ts.isQualifiedName(parent)) return parent.right === node
  return ts.isPropertyAssignment(parent) && parent.name === node
}

function isEnvironmentGlobal(node: ts.Identifier, checker: ts.TypeChecker): boolean {
  if (node.text === 'globalThis') return true
  const symbol = ts.isShorthandPropertyAssignment(node.parent)
    ? checker.getShorthandAssignmentValueSymbol(node.parent)
    : checker.getSymbolAtLocation(node)
  const declarations = symbol?.declarations ?? []
  return declarations.length > 0 && declarations.every(isEnvironmentDeclaration)
}

function isEnvironmentDeclaration(declaration: ts.Declaration): boolean {
  const { fileName } = declaration.getSourceFile()
  if (/\/lib\.(dom|webworker|scripthost)[\w.]*\.d\.ts$/.test(fileName)) return isGlobal(declaration)
  if (/\/@types\/(node|offscreencanvas)\/|\/@webgpu\/types\//.test(fileName)) return isGlobal(declaration)
  return false
}

/** Declared at the top of a global script or in `declare global`, not inside a module or as a member. */
function isGlobal(declaration: ts.Declaration): boolean {
  let container: ts.Node = declaration.parent
  if (ts.isVariableDeclarationList(container)) container = container.parent.parent
  if (ts.isModuleBlock(container)) return container.parent.name.getText() === 'global'
  return ts.isSourceFile(container) && !ts.isExternalModule(container)
}
