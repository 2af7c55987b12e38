// Loaded with --require: a process whose clock is so many milliseconds away from everybody else's.
const apart = Number(process.env.TEST_CLOCK_APART);
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + apart);
    else super(...parts);
  }
  static now() {
    return RealDate.now() + apart;
  }
};
