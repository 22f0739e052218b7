// Salesforce: an outbound message about contacts, leads or cases. Up to 100 notifications come in one request, as SOAP; the acknowledgement is sent by itself.

async function onRequest(request, settings) {
  const document = await parse(request.text())
  const message = _.get(document, 'Envelope.Body.notifications')
  if (!message) throw new InvalidEventPayload('This is no outbound message.')
  // Messages are not signed; the id of the organization is what tells yours from others'.
  if (settings.organizationId && message.OrganizationId !== settings.organizationId) throw new InvalidEventPayload('The message is of another organization.')

  for (const notification of _.castArray(message.Notification)) {
    const object = notification.sObject
    const type = String(_.get(object, '$.type', '')).replace(/^.*:/, '')
    const fields = _.omit(object, '$')
    const person = { anonymousId: `salesforce-${fields.ContactId || fields.Id}` }
    if (type === 'Contact' || type === 'Lead') {
      Segment.identify({
        ...person,
        traits: _.pickBy({
          email: fields.Email, firstName: fields.FirstName, lastName: fields.LastName, phone: fields.Phone, title: fields.Title, company: fields.Company, salesforceId: fields.Id,
          ..._.mapKeys(_.pickBy(fields, (_value, name) => name.endsWith('__c')), (_value, name) => _.camelCase(name.slice(0, -3)))
        }),
        messageId: `salesforce-${notification.Id}`
      })
    } else {
      Segment.track({
        ...person,
        event: `${type} Changed`,
        properties: _.mapKeys(fields, (_value, name) => _.camelCase(name.replace(/__c$/, ''))),
        messageId: `salesforce-${notification.Id}`
      })
    }
  }
}

function parse(text) {
  const plain = (name) => name.replace(/^.*:/, '')
  const options = { explicitArray: false, tagNameProcessors: [plain], attrNameProcessors: [plain] }
  return new Promise((resolve, reject) => {
    xml2js.parseString(text, options, (error, document) => (error ? reject(new InvalidEventPayload('The body is no XML.')) : resolve(document)))
  })
}
