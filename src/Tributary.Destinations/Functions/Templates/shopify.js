// Shopify: webhooks for customers/create, customers/update, orders/create, orders/paid, orders/cancelled, refunds/create and checkouts/create, in JSON.

async function onRequest(request, settings) {
  const text = request.text()
  const wanted = Buffer.from(crypto.createHmac('sha256', settings.secret).update(text).digest('base64'))
  const given = Buffer.from(request.headers.get('x-shopify-hmac-sha256') || '')
  if (wanted.length !== given.length || !crypto.timingSafeEqual(wanted, given)) throw new InvalidEventPayload('The signature does not fit.')

  const topic = request.headers.get('x-shopify-topic') || ''
  const id = request.headers.get('x-shopify-webhook-id')
  const body = request.json()
  const customer = topic.startsWith('customers/') ? body : body.customer || {}
  const email = customer.email || body.email || body.contact_email
  const person = customer.id ? { userId: String(customer.id) } : { anonymousId: `shopify-${body.order_id || body.id}` }
  const messageId = (type) => (id ? `shopify-${id}-${type}` : undefined)
  const traits = _.pickBy({
    email, firstName: customer.first_name, lastName: customer.last_name, phone: customer.phone, ordersCount: customer.orders_count, tags: customer.tags
  }, (value) => value !== undefined && value !== null && value !== '')

  if (!_.isEmpty(traits)) Segment.identify({ ...person, traits, timestamp: customer.updated_at || body.updated_at, messageId: messageId('identify') })
  if (topic.startsWith('customers/')) return
  if (!names[topic]) throw new EventNotSupported(`The topic ${topic} is not used.`)
  const total = Number(body.total_price || 0)
  Segment.track({
    ...person,
    event: names[topic],
    properties: _.pickBy({
      order_id: String(body.order_id || body.id),
      total,
      revenue: topic === 'orders/paid' ? Number(body.subtotal_price || total) : undefined,
      tax: body.total_tax && Number(body.total_tax),
      discount: body.total_discounts && Number(body.total_discounts),
      currency: body.currency,
      products: (body.line_items || []).map((item) => _.pickBy({ product_id: String(item.product_id), sku: item.sku, name: item.title, price: Number(item.price), quantity: item.quantity }))
    }, (value) => value !== undefined && value !== null),
    context: { traits: _.pickBy({ email }) },
    timestamp: body.processed_at || body.created_at,
    messageId: messageId('track')
  })
}

const names = {
  'orders/create': 'Order Placed',
  'orders/paid': 'Order Completed',
  'orders/updated': 'Order Updated',
  'orders/cancelled': 'Order Cancelled',
  'refunds/create': 'Order Refunded',
  'checkouts/create': 'Checkout Started'
}
