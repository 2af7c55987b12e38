import { Pepper } from "../../src/passwords/pepper";

/** The secret beside the databases of tests. */
export const PEPPER = new Pepper("a pepper that is used in tests alone");
