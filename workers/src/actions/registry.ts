import { destinations, type Listed } from 'destination-list'
import { Destination } from './core'

const opened = new Map<string, Destination<any>>()

/** A destination by its slug, made when it is first used. */
export function destination(slug: string): Destination<any> {
  const known = opened.get(slug)
  if (known) return known
  const listed = destinations[slug]
  if (!listed) throw new Error(`There is no destination ${slug}.`)
  const made = new Destination<any>(listed.load())
  // It would keep every answer for ever.
  Object.assign(made, { responses: { push: () => 0 } })
  opened.set(slug, made)
  return made
}

/** All slugs with what is known of them. */
export function listed(): [string, Listed][] {
  return Object.entries(destinations)
}
