/** The signal that moves the clock of a program's agent an hour ahead. */
export const ADVANCE_CLOCK = 'SIGUSR2';
