export { setImmediate } from './ambient'
