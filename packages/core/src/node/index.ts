export { folderStore } from './folder-store.js'
export { loadModel, saveModel } from './model-folder.js'
