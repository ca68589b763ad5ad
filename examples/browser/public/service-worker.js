/** Keeps everything that the page has loaded, so that it works without a network the next time. */
const store = 'pixelwise-1'

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET' || new URL(request.url).origin !== self.location.origin) return
  event.respondWith(answer(request))
})

/** The network's answer, kept for later; without a network, the one kept. */
async function answer(request) {
  const kept = await caches.open(store)
  try {
    const response = await fetch(request)
    if (response.ok) await kept.put(request, response.clone())
    return response
  } catch (error) {
    const before = await kept.match(request)
    if (before) return before
    throw error
  }
}
