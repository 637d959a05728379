export const dynamic = 'force-dynamic';

export const GET = (): Promise<Response> => new Promise(() => undefined);
