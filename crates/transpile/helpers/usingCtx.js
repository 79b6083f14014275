// What a block holds by `using` and gives back at its end, the last first.
() => {
  const none = {};
  const held = [];
  const hold = (value, isAsync) => {
    if (value === null || value === undefined) {
      if (isAsync) held.push({ isAsync });
      return value;
    }
    if (Object(value) !== value) throw new TypeError("`using` takes an object, a function, null or undefined");
    const dispose = (isAsync && value[Symbol.asyncDispose]) || value[Symbol.dispose];
    if (typeof dispose !== "function") throw new TypeError("Object is not disposable");
    held.push({ value, dispose, isAsync });
    return value;
  };
  const both = (error, suppressed) => {
    const text = "An error was suppressed during disposal";
    if (typeof SuppressedError === "function") return new SuppressedError(error, suppressed, text);
    return Object.assign(new Error(text), { name: "SuppressedError", error, suppressed });
  };
  return {
    e: none,
    u: (value) => hold(value, false),
    a: (value) => hold(value, true),
    d() {
      let failed = this.e;
      const fail = (error) => {
        failed = failed === none ? error : both(error, failed);
      };
      const giveBack = () => {
        while (held.length) {
          const { value, dispose, isAsync } = held.pop();
          try {
            const given = dispose && dispose.call(value);
            if (isAsync) return Promise.resolve(given).then(giveBack, (error) => (fail(error), giveBack()));
          } catch (error) {
            fail(error);
          }
        }
        if (failed !== none) throw failed;
      };
      return giveBack();
    },
  };
}
