/** What `--engine` takes: `auto` is compiled where ONNX Runtime is installed, else eager on the best backend. */
export const engineNames = ['auto', 'compiled', 'tensorflow', 'webgpu', 'wasm', 'cpu'] as const
export type EngineName = (typeof engineNames)[number]
