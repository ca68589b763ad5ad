import { backend_util } from '@tensorflow/tfjs-core'
import type { ElementType, ValueInfo } from '../graph/kernel-graph.js'
import type { LoweringContext } from '../onnx/lowering-context.js'
import type { Layout } from '../onnx/onnx-builder.js'
import { type InputInfos, type KernelDefinition, ofAllTypes, ofFloats, ofNumbers } from './kernel-definition.js'

type Compute = (context: LoweringContext, values: string[]) => string

/**
 * A kernel that computes each element from the elements at the same place of `inputs`, with broadcasting; of all that it
 * is given where these are not named. The output has the type of the first of them, unless stated. They must be float32,
 * unless said otherwise (`ofNumbers`, `ofAllTypes`).
 */
export function elementwise(
  inputs: readonly string[] | undefined,
  compute: Compute,
  type?: ElementType | ((inputs: InputInfos) => ElementType),
): KernelDefinition {
  return ofFloats({
    infer: (infos) => {
      const present = (inputs ?? Object.keys(infos)).map((name) => infos[name])
      const dtype = typeof type === 'function' ? type(infos) : (type ?? present[0].dtype)
      return [{ shape: broadcast(present), dtype }]
    },
    lower: (context) => {
      const names = inputs ?? Object.keys(context.node.inputs)
      const layout = context.output().shape.length === 4 ? context.preferredLayout(names) : 'nhwc'
      const values = readTogether(context, names, layout)
      context.set(compute(context, values), layout)
    },
  })
}

/** A kernel that is one ONNX operator. */
export function operator(name: string, inputs?: readonly string[], type?: ElementType): KernelDefinition {
  return elementwise(inputs, (context, values) => context.emit(name, values), type)
}

function broadcast(infos: readonly ValueInfo[]): number[] {
  return infos.reduce<number[]>(
    (shape, info) => backend_util.assertAndGetBroadcastShape(shape, [...info.shape]),
    [...infos[0].shape],
  )
}

/** Operands of an elementwise operator in one layout; constants of one number are not spread out. */
function readTogether(context: LoweringContext, names: readonly string[], layout: Layout): string[] {
  const uniform = names.map((name) => context.builder.uniform(context.node.inputs[name]))
  const { shape } = context.output()
  const isWhole = names.some((name, i) => uniform[i] === undefined && `${context.info(name).shape}` === `${shape}`)
  return names.map((name, i) => {
    const number = uniform[i]
    if (number !== undefined && isWhole) {
      return context.constant([number], { shape: [], dtype: context.info(name).dtype })
    }
    return readBroadcast(context, name, layout)
  })
}

/** An operand whose axes line up, from the right, with those of a rank-4 value in the given layout. */
export function readBroadcast(context: LoweringContext, name: string, layout: Layout): string {
  const { shape } = context.info(name)
  if (layout === 'nhwc' || shape.length === 0) return context.read(name)
  if (shape.length === 4) return context.read(name, layout)
  if (shape.length === 1)
    return shape[0] === 1 ? context.read(name) : context.reshape(context.read(name), [shape[0], 1, 1])
  const full = context.reshape(context.read(name), [...Array(4 - shape.length).fill(1), ...shape])
  return context.transpose(full, [0, 3, 1, 2])
}

const x = ['x']
const ab = ['a', 'b']

function float(context: LoweringContext, value: number): string {
  return context.constant([value])
}

/** Of truth values false comes before true; ONNX has no order of them. */
function ordered(name: string): KernelDefinition {
  const compare: Compute = (context, values) => {
    const isTruth = context.info('a').dtype === 'bool'
    return context.emit(name, isTruth ? values.map((value) => castTo(context, value, 'int32')) : values)
  }
  return ofAllTypes(elementwise(ab, compare, 'bool'))
}

/** tfjs upcasts before most kernels; where it leaves that to the kernel, the wider type wins. */
function wider({ a, b }: InputInfos): ElementType {
  const order: ElementType[] = ['bool', 'int32', 'float32']
  return order[Math.max(order.indexOf(a.dtype), order.indexOf(b.dtype))]
}

/** In tfjs true and true are 2, of type bool; of what it computes from truth values only products are such. */
function arithmetic(name: string): KernelDefinition {
  const compute: Compute = (context, values) => {
    const { dtype } = context.output()
    if (dtype === 'bool') return name === 'Mul' ? context.emit('And', values) : context.refuse('inputs of type bool')
    const same = ab.map((input, i) =>
      context.info(input).dtype === dtype ? values[i] : castTo(context, values[i], dtype),
    )
    return context.emit(name, same)
  }
  return ofAllTypes(elementwise(ab, compute, wider))
}

/** Converts element types as tfjs does: towards zero for int32, "not 0" for bool. */
export function castTo(context: LoweringContext, value: string, dtype: ElementType | 'int64'): string {
  const numbers = { float32: 1, int32: 6, int64: 7, bool: 9 }
  return context.emit('Cast', [value], { to: numbers[dtype] })
}

/** `x` limited to a range by two comparisons of type float32 or int32. */
function clip(context: LoweringContext, value: string, low: number, high: number): string {
  const { dtype } = context.output()
  const bound = (number: number) => context.constant([number], { shape: [], dtype })
  return context.emit('Min', [context.emit('Max', [value, bound(low)]), bound(high)])
}

/** eˣ − 1 = tanh(x/2) · (eˣ + 1), which keeps the digits of small x. */
function exponentialLessOne(context: LoweringContext, value: string): string {
  const slope = context.emit('Tanh', [context.emit('Mul', [value, float(context, 0.5)])])
  return context.emit('Mul', [slope, context.emit('Add', [context.emit('Exp', [value]), float(context, 1)])])
}

/**
 * log(1 + x) with the digits of small x: what rounding made of 1 + x is divided out again.
 * Source: Goldberg 1991, theorem 4.
 */
function logarithmOfOnePlus(context: LoweringContext, value: string): string {
  const one = float(context, 1)
  const sum = context.emit('Add', [value, one])
  const correction = context.emit('Div', [value, context.emit('Sub', [sum, one])])
  const logarithm = context.emit('Mul', [context.emit('Log', [sum]), correction])
  const isOne = context.emit('Equal', [sum, one])
  const isInfinite = context.emit('Equal', [sum, float(context, Number.POSITIVE_INFINITY)])
  return context.emit('Where', [context.emit('Or', [isOne, isInfinite]), value, logarithm])
}

/** The angle of the point (b, a), in all four quadrants. */
function arcTangent(context: LoweringContext, a: string, b: string): string {
  const zero = float(context, 0)
  const angle = context.emit('Atan', [context.emit('Div', [a, b])]) // ±π/2 where b is 0
  const below = context.emit('Less', [a, zero])
  const halfTurn = context.emit('Where', [below, float(context, -Math.PI), float(context, Math.PI)])
  const turned = context.emit('Where', [context.emit('Less', [b, zero]), context.emit('Add', [angle, halfTurn]), angle])
  const atOrigin = context.emit('And', [context.emit('Equal', [a, zero]), context.emit('Equal', [b, zero])])
  return context.emit('Where', [atOrigin, zero, turned])
}

/** `x` where positive, else `alpha · x`. */
export function prelu(context: LoweringContext, value: string, alpha: string): string {
  const negative = context.emit('Mul', [value, alpha])
  return context.emit('Where', [context.emit('GreaterOrEqual', [value, float(context, 0)]), value, negative])
}

/** The remainder with the sign of the divisor, as tfjs has it. */
function modulo(context: LoweringContext, a: string, b: string): string {
  if (context.info('a').dtype === 'int32') return context.emit('Mod', [a, b])
  const remainder = context.emit('Mod', [a, b], { fmod: 1 })
  const zero = float(context, 0)
  const opposite = context.emit('Less', [context.emit('Mul', [remainder, b]), zero])
  return context.emit('Where', [opposite, context.emit('Add', [remainder, b]), remainder])
}

/** 1 where positive, else alpha. */
function step(context: LoweringContext, value: string): string {
  const { dtype } = context.info('x')
  const alpha = Number(context.attributes.alpha ?? 0)
  // max(0, min(1, a·x)), which keeps NaN as tfjs does: one pass instead of three. The numbers below 1e-38 are in between.
  const isRamp = dtype === 'float32' && alpha === 0
  if (isRamp) return context.emit('HardSigmoid', [value], { alpha: { float: 3e38 }, beta: { float: 0 } })
  const scalar = (number: number) => context.constant([number], { shape: [], dtype })
  // NaN > 0 is false; tfjs keeps NaN, and so must a step.
  const stepped = context.emit('Where', [context.emit('Greater', [value, scalar(0)]), scalar(1), scalar(alpha)])
  return dtype === 'float32' ? context.emit('Where', [context.emit('IsNaN', [value]), value, stepped]) : stepped
}

/** Whole numbers below 2^24 divide exactly enough in float32; ONNX's own integer division rounds to zero. */
function floorDivision(context: LoweringContext, values: readonly string[]): string {
  const inFloat = values.map((value, i) =>
    context.info(ab[i]).dtype === 'float32' ? value : castTo(context, value, 'float32'),
  )
  return castTo(context, context.emit('Floor', [context.emit('Div', inFloat)]), 'int32')
}

export const elementwiseKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['Abs', ofNumbers(operator('Abs', x))],
  ['Acos', operator('Acos', x)],
  ['Acosh', operator('Acosh', x)],
  ['Asin', operator('Asin', x)],
  ['Asinh', operator('Asinh', x)],
  ['Atan', operator('Atan', x)],
  ['Atanh', operator('Atanh', x)],
  ['Ceil', operator('Ceil', x)],
  ['Cos', operator('Cos', x)],
  ['Cosh', operator('Cosh', x)],
  ['Elu', operator('Elu', x)],
  ['Erf', operator('Erf', x)],
  ['Exp', operator('Exp', x, 'float32')],
  ['Floor', operator('Floor', x)],
  ['Identity', ofAllTypes(operator('Identity', x))],
  ['IsNan', operator('IsNaN', x, 'bool')],
  ['Log', operator('Log', x)],
  ['LogicalNot', ofAllTypes(operator('Not', x, 'bool'))],
  ['Neg', ofNumbers(operator('Neg', x))],
  ['Reciprocal', operator('Reciprocal', x)],
  ['Relu', ofNumbers(operator('Relu', x))],
  ['Round', operator('Round', x)],
  ['Sigmoid', operator('Sigmoid', x, 'float32')],
  ['Sign', ofNumbers(operator('Sign', x))],
  ['Sin', operator('Sin', x)],
  ['Sinh', operator('Sinh', x)],
  ['Softplus', operator('Softplus', x)],
  ['Sqrt', operator('Sqrt', x)],
  ['Tan', operator('Tan', x)],
  ['Tanh', operator('Tanh', x)],
  ['Expm1', elementwise(x, (c, [v]) => exponentialLessOne(c, v))],
  ['Log1p', elementwise(x, (c, [v]) => logarithmOfOnePlus(c, v))],
  ['Rsqrt', elementwise(x, (c, [v]) => c.emit('Reciprocal', [c.emit('Sqrt', [v])]))],
  ['Square', ofNumbers(elementwise(x, (c, [v]) => c.emit('Mul', [v, v])))],
  ['Relu6', ofNumbers(elementwise(x, (c, [v]) => clip(c, v, 0, 6)))],
  ['LeakyRelu', elementwise(x, (c, [v]) => c.emit('LeakyRelu', [v], { alpha: { float: c.attributes.alpha } }))],
  ['Selu', operator('Selu', x)],
  [
    'ClipByValue',
    ofNumbers(elementwise(x, (c, [v]) => clip(c, v, c.attributes.clipValueMin, c.attributes.clipValueMax))),
  ],
  ['IsInf', operator('IsInf', x, 'bool')],
  [
    'IsFinite',
    elementwise(x, (c, [v]) => c.emit('Not', [c.emit('Or', [c.emit('IsInf', [v]), c.emit('IsNaN', [v])])]), 'bool'),
  ],
  ['Step', ofNumbers(elementwise(x, (c, [v]) => step(c, v)))],
  [
    'Cast',
    {
      infer: ({ x: input }, { dtype }) => [{ shape: input.shape, dtype }],
      lower: (context) => {
        const layout = context.output().shape.length === 4 ? context.preferredLayout() : 'nhwc'
        context.set(castTo(context, context.read('x', layout), context.output().dtype), layout)
      },
    },
  ],
  [
    'EluGrad',
    elementwise(['dy', 'y'], (c, [dy, y]) => {
      const negative = c.emit('Mul', [dy, c.emit('Add', [y, float(c, 1)])])
      return c.emit('Where', [c.emit('GreaterOrEqual', [y, float(c, 0)]), dy, negative])
    }),
  ],
  ['Prelu', elementwise(['x', 'alpha'], (c, [v, alpha]) => prelu(c, v, alpha))],
  ['Atan2', elementwise(ab, (c, [a, b]) => arcTangent(c, a, b))],
  ['Add', arithmetic('Add')],
  ['Sub', arithmetic('Sub')],
  ['Multiply', arithmetic('Mul')],
  ['Maximum', arithmetic('Max')],
  ['Minimum', arithmetic('Min')],
  ['RealDiv', ofNumbers(operator('Div', ab, 'float32'))],
  ['Pow', ofNumbers(operator('Pow', ab))],
  ['Equal', ofAllTypes(operator('Equal', ab, 'bool'))],
  ['Greater', ordered('Greater')],
  ['GreaterEqual', ordered('GreaterOrEqual')],
  ['Less', ordered('Less')],
  ['LessEqual', ordered('LessOrEqual')],
  ['LogicalAnd', ofAllTypes(operator('And', ab, 'bool'))],
  ['LogicalOr', ofAllTypes(operator('Or', ab, 'bool'))],
  ['NotEqual', ofAllTypes(elementwise(ab, (c, values) => c.emit('Not', [c.emit('Equal', values)]), 'bool'))],
  [
    'SquaredDifference',
    ofNumbers(
      elementwise(ab, (c, values) => {
        const difference = c.emit('Sub', values)
        return c.emit('Mul', [difference, difference])
      }),
    ),
  ],
  ['FloorDiv', ofNumbers(elementwise(ab, floorDivision, 'int32'))],
  ['Mod', ofNumbers(elementwise(ab, (c, [a, b]) => modulo(c, a, b)))],
  ['AddN', operator('Sum')],
  [
    'Select',
    {
      infer: ({ t, e }) => [{ shape: t.shape, dtype: wider({ a: t, b: e }) }],
      lower: (context) => {
        const { shape, dtype } = context.output()
        if (dtype === 'bool') context.refuse('values of type bool')
        const condition = context.info('condition').shape
        if (condition.length !== shape.length) context.refuse('a condition of another rank than the values')
        const layout = shape.length === 4 ? context.preferredLayout() : 'nhwc'
        const [chosen, ...values] = readTogether(context, ['condition', 't', 'e'], layout)
        const same = values.map((value, i) =>
          context.info(i === 0 ? 't' : 'e').dtype === dtype ? value : castTo(context, value, dtype),
        )
        context.set(context.emit('Where', [chosen, ...same]), layout)
      },
    },
  ],
]
