export const GET = (): Promise<Response> => new Promise(() => undefined);
