declare module 'function-context' {
  /** The script that prepares a context: its value is a function of the border. */
  const text: string
  export default text
}
