/**
 * The lock of whoever takes something away for good, as an expression of Postgres. Who prunes holds it alone, those who erase share it:
 * either locks first what the other one locks last.
 */
export const TAKING_AWAY = "hashtext('sync.retention')";
