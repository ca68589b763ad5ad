export { type FileBytes, openFileBytes } from './file-bytes.js'
