/** The eye beside a password, for keyboards and screen readers too. @module */
export const revealing = { 'aria-label': 'Show the password', tabIndex: 0, 'aria-hidden': false } as const;
