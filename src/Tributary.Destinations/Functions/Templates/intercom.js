// Intercom: notifications of topics such as conversation.user.created, conversation.admin.closed, contact.user.created and contact.user.updated.

async function onRequest(request, settings) {
  const text = request.text()
  if (settings.secret) check(request, text, settings.secret)
  const notification = request.json()
  const { topic, data } = notification
  if (topic === 'ping') return
  const item = data && data.item
  if (!topic || !item) throw new InvalidEventPayload('This is no notification of Intercom.')
  const timestamp = notification.created_at ? new Date(notification.created_at * 1000).toISOString() : undefined

  if (item.type === 'contact' || item.type === 'user' || item.type === 'lead') {
    Segment.identify({ ...personOf(item), traits: traitsOf(item), timestamp, messageId: idOf(notification, 'identify') })
    return
  }
  if (item.type !== 'conversation') throw new EventNotSupported(`Notifications about ${item.type} are not used.`)
  const contact = _.get(item, 'contacts.contacts[0]') || item.user || _.get(item, 'source.author')
  if (!contact || !contact.id) throw new InvalidEventPayload('The conversation names no contact.')
  const traits = traitsOf(contact)
  if (traits.email) Segment.identify({ ...personOf(contact), traits, timestamp, messageId: idOf(notification, 'identify') })
  Segment.track({
    ...personOf(contact),
    event: names[topic] || _.startCase(topic.replace('conversation.', 'conversation ')),
    properties: _.pickBy({ conversationId: String(item.id), subject: _.get(item, 'source.subject'), state: item.state, topic }),
    context: { traits: _.pick(traits, 'email') },
    timestamp,
    messageId: idOf(notification, 'track')
  })
}

const names = {
  'conversation.user.created': 'Conversation Started',
  'conversation.user.replied': 'Conversation Replied',
  'conversation.admin.replied': 'Conversation Answered',
  'conversation.admin.closed': 'Conversation Closed',
  'conversation.rating.added': 'Conversation Rated'
}

const personOf = (contact) => (contact.external_id || contact.user_id ? { userId: String(contact.external_id || contact.user_id) } : { anonymousId: `intercom-${contact.id}` })
const traitsOf = (contact) => _.pickBy({ email: contact.email, name: contact.name, phone: contact.phone, intercomId: contact.id, ...contact.custom_attributes })
const idOf = (notification, type) => (notification.id ? `intercom-${notification.id}-${type}` : undefined)

function check(request, text, secret) {
  const wanted = 'sha1=' + crypto.createHmac('sha1', secret).update(text).digest('hex')
  const given = request.headers.get('x-hub-signature') || ''
  if (wanted.length !== given.length || !crypto.timingSafeEqual(Buffer.from(wanted), Buffer.from(given))) throw new InvalidEventPayload('The signature does not fit.')
}
