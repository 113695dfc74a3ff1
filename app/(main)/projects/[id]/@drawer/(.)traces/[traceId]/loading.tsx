export { default } from '../../../traces/[traceId]/loading'
