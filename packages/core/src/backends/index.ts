export { type BackendDetails, type BackendName, type BackendOptions, backendNames } from './candidate.js'
export { formatBackends } from './format-backends.js'
export { type BackendStatus, listBackends } from './list-backends.js'
export { type BackendReport, useBackend } from './use-backend.js'
