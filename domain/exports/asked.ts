import { EVERYWHERE } from '../audit/actions.ts';
import type { ExportSpecification } from './schema.ts';
import { EXPORT_TYPES } from './types/index.ts';

/** The parameters as the type's filter leaves them: defaults filled in. */
export const normalised = ({ exportType, parameters }: ExportSpecification): Record<string, unknown> =>
  EXPORT_TYPES[exportType].filter.parse(parameters);

/** What the statements that decide over a request need to know of what is asked for. */
export function askedFor(asked: ExportSpecification) {
  const type = EXPORT_TYPES[asked.exportType];
  const parameters = normalised(asked);
  const serviceId = typeof parameters.serviceId === 'string' ? parameters.serviceId.toLowerCase() : null;
  return {
    exportType: asked.exportType,
    fileFormat: asked.fileFormat,
    compression: asked.compression,
    parameters: JSON.stringify(parameters),
    dataPermission: type.permission,
    /** The nil UUID: only who may see all of it. */
    serviceId: type.everywhere(parameters) ? EVERYWHERE : serviceId,
  };
}
