import {
  type LinkClaims as FileLinkClaims,
  linkKeyId,
  type SigningKeys,
  signLink as signFileLink,
  verifyLink as verifyFileLink,
} from '../access/signed-link.ts';

export { linkKeyId, type SigningKeys };

export interface LinkClaims extends Omit<FileLinkClaims, 'path'> {
  exportId: string;
}

export const linkPath = (exportId: string) => `/v1/admin/exports/${exportId}/file`;

/** @returns path and query of the link */
export const signLink = (keys: SigningKeys, { exportId, ...claims }: LinkClaims): Promise<string> =>
  signFileLink(keys, { path: linkPath(exportId), ...claims });

/** @param search the raw query string without `?`. @returns null when it is not one of ours or has expired */
export async function verifyLink(
  keys: SigningKeys,
  exportId: string,
  search: string,
  nowMs: number,
): Promise<LinkClaims | null> {
  const claims = await verifyFileLink(keys, linkPath(exportId), search, nowMs);
  if (!claims) return null;
  const { path: _, ...rest } = claims;
  return { exportId, ...rest };
}
