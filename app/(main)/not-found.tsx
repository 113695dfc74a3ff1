/** The page of app/not-found.tsx, inside the frame of the signed-in pages. */
export { default } from '../not-found'
