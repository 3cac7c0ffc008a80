// Preloaded into an edge (`node --import`): its wall clock jumps, forwards and back, by up to a year,
// every two seconds. Monotonic time goes on, as it does on a real machine.

const yearMs = 365 * 86_400_000;
const jumps = [0, yearMs, -yearMs, 3_600_000, -3_600_000, 0];
const realNow = Date.now.bind(Date);
const startedAt = realNow();

Date.now = () => {
  const now = realNow();
  const turn = Math.floor((now - startedAt) / 2_000) % jumps.length;
  return now + (jumps[turn] ?? 0);
};
