/** Begin and end of a machine's id: enough to recognise it, too little to use it. */
export function maskedId(id: string): string {
  return id.length <= 12 ? '…' : `${id.slice(0, 4)}…${id.slice(-4)}`;
}
