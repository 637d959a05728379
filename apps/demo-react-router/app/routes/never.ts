export const loader = (): Promise<Response> => new Promise(() => undefined);
