// One leg of a flight as closed forms of time along one line: taxi → take-off run → climb → cruise →
// descent → landing run → taxi. Distances are along the great circle from gate to gate.

export interface ProfileConfig {
  readonly lengthM: number;
  readonly fromElevationM: number;
  readonly toElevationM: number;
  /** Wanted cruising altitude; a short leg gets as much of it as fits. */
  readonly cruiseM: number;
  readonly cruiseMps: number;
  /** Rate of climb just after take-off. */
  readonly climbMps: number;
  /** Mean rate of descent. */
  readonly descentMps: number;
}

export interface Motion {
  readonly alongM: number;
  readonly altitudeM: number;
  readonly speedMps: number;
  readonly climbMps: number;
  readonly onGround: boolean;
}

export interface Profile {
  readonly durationMs: number;
  /** Off the ground between these two, in milliseconds of the leg. */
  readonly airborneFromMs: number;
  readonly airborneToMs: number;
  readonly cruiseM: number;
  /** `sinceMs` is held within the leg. */
  at(sinceMs: number): Motion;
}

const TAXI_M = 1_800;
const TAXI_MPS = 7.5;
const LIFT_OFF_MPS = 80;
const TAKE_OFF_MPS2 = 2.1;
const TOUCH_DOWN_MPS = 69;
const BRAKING_MPS2 = 1.7;
/** Part of the first rate of climb that is lost by the time the cruising altitude is reached. */
const CLIMB_DECAY = 0.65;
/** The descent eases out as (1 - x)^DESCENT_EASE. */
const DESCENT_EASE = 1.3;
/** What climb and descent may take of the air part of a leg. */
const STEEP_SHARE_MAX = 0.85;
/** Below it a leg is too short to be one; `greatCircle` legs of the fleet are longer. */
export const legLengthMMin = 120_000;

const taxiS = TAXI_M / TAXI_MPS;
const takeOffS = (LIFT_OFF_MPS - TAXI_MPS) / TAKE_OFF_MPS2;
const takeOffM = ((LIFT_OFF_MPS + TAXI_MPS) / 2) * takeOffS;
const landingS = (TOUCH_DOWN_MPS - TAXI_MPS) / BRAKING_MPS2;
const landingM = ((TOUCH_DOWN_MPS + TAXI_MPS) / 2) * landingS;

/** Plans a leg. The cruising altitude is lowered, then the speed, until climb and descent fit. */
export function createProfile(config: ProfileConfig): Profile {
  const airM = config.lengthM - 2 * TAXI_M - takeOffM - landingM;
  let { cruiseM, cruiseMps } = config;
  let plan = planAir(config, cruiseM, cruiseMps);
  while (plan.climbM + plan.descentM > airM * STEEP_SHARE_MAX) {
    cruiseM *= 0.9;
    cruiseMps = Math.max(130, cruiseMps * 0.97);
    plan = planAir(config, cruiseM, cruiseMps);
  }
  const levelM = airM - plan.climbM - plan.descentM;
  const levelS = levelM / cruiseMps;
  const climbFromS = taxiS + takeOffS;
  const levelFromS = climbFromS + plan.climbS;
  const descentFromS = levelFromS + levelS;
  const landingFromS = descentFromS + plan.descentS;
  const taxiFromS = landingFromS + landingS;
  const durationS = taxiFromS + taxiS;

  function at(sinceMs: number): Motion {
    const s = Math.min(Math.max(sinceMs / 1000, 0), durationS);
    if (s < taxiS) return ground(s * TAXI_MPS, config.fromElevationM, s === 0 ? 0 : TAXI_MPS);
    if (s < climbFromS) {
      const run = s - taxiS;
      const alongM = TAXI_M + TAXI_MPS * run + (TAKE_OFF_MPS2 * run * run) / 2;
      return ground(alongM, config.fromElevationM, TAXI_MPS + TAKE_OFF_MPS2 * run);
    }
    if (s < levelFromS) return plan.climb(TAXI_M + takeOffM, (s - climbFromS) / plan.climbS);
    if (s < descentFromS) {
      const alongM = TAXI_M + takeOffM + plan.climbM + (s - levelFromS) * cruiseMps;
      return { alongM, altitudeM: cruiseM, speedMps: cruiseMps, climbMps: 0, onGround: false };
    }
    if (s < landingFromS) {
      const fromM = TAXI_M + takeOffM + plan.climbM + levelM;
      return plan.descend(fromM, (s - descentFromS) / plan.descentS);
    }
    if (s < taxiFromS) {
      const run = s - landingFromS;
      const rolledM = TOUCH_DOWN_MPS * run - (BRAKING_MPS2 * run * run) / 2;
      const alongM = config.lengthM - TAXI_M - landingM + rolledM;
      return ground(alongM, config.toElevationM, TOUCH_DOWN_MPS - BRAKING_MPS2 * run);
    }
    const alongM = config.lengthM - TAXI_M + (s - taxiFromS) * TAXI_MPS;
    return ground(alongM, config.toElevationM, s === durationS ? 0 : TAXI_MPS);
  }

  return {
    durationMs: Math.round(durationS * 1000),
    airborneFromMs: climbFromS * 1000,
    airborneToMs: landingFromS * 1000,
    cruiseM,
    at,
  };
}

function ground(alongM: number, altitudeM: number, speedMps: number): Motion {
  return { alongM, altitudeM, speedMps, climbMps: 0, onGround: true };
}

/** Climb and descent for one choice of cruising altitude and speed; `x` runs from 0 to 1 in each. */
function planAir(config: ProfileConfig, cruiseM: number, cruiseMps: number) {
  const riseM = Math.max(1, cruiseM - config.fromElevationM);
  const fallM = Math.max(1, cruiseM - config.toElevationM);
  // dh/dt = c(1 − k·h/H) gives h(t) = (H/k)(1 − e^(−kct/H)); H is reached at t = −ln(1−k)·H/(kc).
  const rate = (CLIMB_DECAY * config.climbMps) / riseM;
  const climbS = -Math.log(1 - CLIMB_DECAY) / rate;
  const descentS = fallM / config.descentMps;
  const gainMps = cruiseMps - LIFT_OFF_MPS;
  const lossMps = cruiseMps - TOUCH_DOWN_MPS;
  return {
    climbS,
    descentS,
    // v = v₀ + Δv(2x − x²), whose integral is v₀x + Δv(x² − x³/3).
    climbM: climbS * (LIFT_OFF_MPS + (gainMps * 2) / 3),
    // v = v₁ + Δv(1 − x²), whose integral is v₁x + Δv(x − x³/3).
    descentM: descentS * (TOUCH_DOWN_MPS + (lossMps * 2) / 3),
    climb(fromM: number, x: number): Motion {
      const fading = Math.exp(-rate * x * climbS);
      return {
        alongM: fromM + climbS * (LIFT_OFF_MPS * x + gainMps * (x * x - (x * x * x) / 3)),
        altitudeM: config.fromElevationM + (riseM / CLIMB_DECAY) * (1 - fading),
        speedMps: LIFT_OFF_MPS + gainMps * (2 * x - x * x),
        climbMps: config.climbMps * fading,
        onGround: false,
      };
    },
    descend(fromM: number, x: number): Motion {
      return {
        alongM: fromM + descentS * (TOUCH_DOWN_MPS * x + lossMps * (x - (x * x * x) / 3)),
        altitudeM: config.toElevationM + fallM * (1 - x) ** DESCENT_EASE,
        speedMps: TOUCH_DOWN_MPS + lossMps * (1 - x * x),
        climbMps: -(DESCENT_EASE * fallM * (1 - x) ** (DESCENT_EASE - 1)) / descentS,
        onGround: false,
      };
    },
  };
}
