/** How often something was ordered. */
export const orders = { count: 0 };
