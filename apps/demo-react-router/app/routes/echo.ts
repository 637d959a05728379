import type { ActionFunctionArgs } from 'react-router';

export const action = ({ request }: ActionFunctionArgs): Response => new Response(request.body);
