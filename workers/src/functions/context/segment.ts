import { ask, asText, parse, stringify } from './border'

const lengthMax = 100
const { isArray } = Array
const { keys: keysOf } = Object

// The rules of the Objects API. Character by character, as what regular expressions do can be replaced.
function isCollection(name: string): boolean {
  if (name === '' || name.length > lengthMax || name[0] === '_' || name[name.length - 1] === '_') return false
  for (let at = 0; at < name.length; at++) {
    const letter = name[at]!
    if (!((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter === '_')) return false
  }
  return true
}

const send = (type: string) => (message: any) => {
  if (message === null || typeof message !== 'object') throw new TypeError(`Segment.${type} needs an object.`)
  const json = stringify({ ...message, type })
  ask('send', json)
}

/** What a source function sends with. A message is on its way when the request has come to a good end. */
export const Segment = {
  identify: send('identify'),
  track: send('track'),
  page: send('page'),
  screen: send('screen'),
  group: send('group'),
  alias: send('alias'),
  set(object: any): void {
    if (object === null || typeof object !== 'object') throw new TypeError('Segment.set needs an object.')
    const { collection, id, properties } = object
    if (typeof collection !== 'string' || !isCollection(collection))
      throw new TypeError('Segment.set needs a collection: at most 100 small letters, digits and underscores, with none at the ends.')
    const name = typeof id === 'number' ? asText(id) : id
    if (typeof name !== 'string' || name === '' || name.length > lengthMax) throw new TypeError('Segment.set needs an id: a text of at most 100 characters.')
    const flat = parse(stringify(properties ?? {}))
    if (flat === null || typeof flat !== 'object' || isArray(flat)) throw new TypeError('Segment.set needs properties: an object.')
    for (const key of keysOf(flat)) {
      if (typeof flat[key] === 'object' && flat[key] !== null) throw new TypeError(`Segment.set takes flat properties only; "${key}" is none.`)
    }
    ask('send', stringify({ type: 'set', collection, id: name, properties: flat }))
  }
}
