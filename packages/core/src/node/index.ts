/**
 * What of `@pixelwise/core` needs Node: model folders.
 *
 * @module @pixelwise/core/node
 */
export { folderStore } from './folder-store.js'
export { loadModel, saveModel } from './model-folder.js'
