// The package exports two builds of itself. Destinations use the one for require; taking anything from the other would break instanceof. What is not exported at
// all is taken by its path as well.
export {
  Destination,
  type DestinationDefinition,
  type ActionDefinition,
  fieldsToJsonSchema,
  HTTPError,
  MultiStatusResponse
} from '../../node_modules/@segment/actions-core/dist/cjs/index'
export { ActionDestinationErrorResponse } from '../../node_modules/@segment/actions-core/dist/cjs/destination-kit/action'
export { removeEmptyValues } from '../../node_modules/@segment/actions-core/dist/cjs/remove-empty-values'
export { validateSchema } from '../../node_modules/@segment/actions-core/dist/cjs/schema-validation'
export { resolveAudienceMembership } from '../../node_modules/@segment/actions-core/dist/cjs/audience-membership'
export { ErrorCodes, MultiStatusErrorReporter } from '../../node_modules/@segment/actions-core/dist/cjs/errors'
export { Response } from './fetch'
