// What many providers are set up to come back to; the same as the documented address.
export { DELETE, GET, PATCH, POST, PUT } from '../tokens/route'
