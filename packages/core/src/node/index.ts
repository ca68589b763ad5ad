/**
 * What of `@pixelwise/core` needs Node: model folders, and the environment.
 *
 * @module @pixelwise/core/node
 */
export { folderStore } from './folder-store.js'
export { loadModel, saveModel } from './model-folder.js'
export { threadLimit } from './thread-limit.js'
