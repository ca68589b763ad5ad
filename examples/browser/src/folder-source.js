/** A model folder that the user has chosen, as a source for `readModel`. */
export function folderSource(files) {
  const byName = new Map([...files].map((file) => [file.webkitRelativePath.split('/').slice(1).join('/'), file]))
  const location = files[0]?.webkitRelativePath.split('/')[0] ?? ''
  return {
    location,
    async *read(name) {
      const file = byName.get(name)
      if (file === undefined) {
        const rule = 'a model folder holds model.json, pixelwise.json and the weight files that model.json lists'
        throw new Error(
          `The folder ${location} has no file ${name}: ${rule}; choose the folder itself, not one above it`,
        )
      }
      const pieces = file.stream().getReader()
      for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) yield piece.value
    },
  }
}
