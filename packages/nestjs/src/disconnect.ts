/** A client of a gateway: of Socket.IO, or a plain WebSocket. */
export interface GatewayClient {
  disconnect?(close: boolean): unknown;
  close?(code: number, reason: string): unknown;
}

/** What RFC 6455 calls a policy violation. */
const POLICY_VIOLATION = 1008;

/** Ends a connection. */
export function disconnect(client: GatewayClient): void {
  if (client.disconnect !== undefined) client.disconnect(true);
  else client.close?.(POLICY_VIOLATION, 'Forbidden');
}
