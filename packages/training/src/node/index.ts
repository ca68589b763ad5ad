/**
 * What of `@pixelwise/training` needs Node: runs, checkpoints and logs on disk, progress on a terminal.
 *
 * @module @pixelwise/training/node
 */
export { readCheckpoint, writeCheckpoint } from './checkpoint-files.js'
export { type CheckpointFolder, checkpointFolder } from './checkpoint-folder.js'
export { type Interrupt, type InterruptOptions, interruptSignal } from './interrupt.js'
export { type ProgressBar, type ProgressOptions, progressBar } from './progress-bar.js'
export { openRunFolder, type RunFolder, type RunFolderOptions } from './run-folder.js'
export { type TensorboardOptions, type TensorboardWriter, tensorboardWriter } from './tensorboard-writer.js'
