/** Something in the surroundings keeps the demo from starting; the message alone says what to do. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
