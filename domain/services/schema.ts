import * as z from 'zod';
import { findSecret } from '../audit/redact.ts';
import { normaliseIpRange } from './ip-range.ts';

const ipRange = z
  .string()
  .max(50)
  .transform((text, context) => {
    const normal = normaliseIpRange(text.trim());
    if (normal !== null) return normal;
    context.addIssue({
      code: 'custom',
      message: 'must be an IPv4 or IPv6 address or a CIDR range such as 203.0.113.0/24',
    });
    return z.NEVER;
  });

const publicText = z
  .string()
  .max(2000)
  .superRefine((text, context) => {
    const secret = findSecret(text);
    if (secret)
      context.addIssue({ code: 'custom', message: `looks like it holds a secret (${secret}); visitors would see it` });
  });

/** ServiceConfig of the specification. */
export const configState = z.strictObject({
  jwtValidation: z.boolean(),
  domainValidation: z.boolean(),
  ipWhitelistEnabled: z.boolean(),
  ipWhitelist: z
    .array(ipRange)
    .max(1000)
    .transform((ranges) => [...new Set(ranges)]),
  rateLimitEnabled: z.boolean(),
  rateLimitRequests: z.int().min(1).max(1_000_000),
  rateLimitWindow: z.int().min(1).max(86_400),
  maintenanceMode: z.boolean(),
  maintenanceMessage: publicText.nullable(),
  auditLevel: z.enum(['MINIMAL', 'STANDARD', 'DETAILED']),
});

/** PATCH is a merge: absent = unchanged, null = cleared where nullable, unknown fields are refused. */
export const configPatch = configState.partial();
export type ConfigPatch = z.infer<typeof configPatch>;

/** A service's configuration as it is answered; `version` is also the ETag. */
export interface ConfigView extends z.infer<typeof configState> {
  id: string;
  serviceId: string;
  version: number;
  updatedAt: string;
}
