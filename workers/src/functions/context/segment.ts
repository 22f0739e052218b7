import { ask, stringify } from './border'

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
    const { collection, id } = object
    if (typeof collection !== 'string' || collection === '') throw new TypeError('Segment.set needs a collection.')
    if (typeof id !== 'string' || id === '') throw new TypeError('Segment.set needs an id.')
    // Said aloud: an object that was taken and kept nowhere would be missed much later.
    throw new Error('Segment.set is not available here yet: objects are not kept. Send what it describes with Segment.identify or Segment.group.')
  }
}
