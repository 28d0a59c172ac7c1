/** A document that cannot be made of these rows, however often it is tried. The message is for whoever requested it. */
export class DocumentRefused extends Error {
  override name = 'DocumentRefused';
}
