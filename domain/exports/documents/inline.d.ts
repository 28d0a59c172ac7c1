/** A file as the test runner hands it out: a data URL. */
declare module '*?inline' {
  const dataUrl: string;
  export default dataUrl;
}
