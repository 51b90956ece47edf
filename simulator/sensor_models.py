"""Sensor families: how good their chips are, by data sheet where it says so, else by engineering estimate."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from simulator.errors import SimulationError


class SensorModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Error model of a sensor family; densities per √Hz, one sigma for what differs from unit to unit."""

    name: str
    rates_hz: tuple[float, ...] = ()
    """Rates on offer; empty: any between 5 and 2000 Hz."""
    gyr_noise_dps_rthz: float = 0.007
    gyr_bias_dps: float = 0.5
    gyr_walk_dps_rts: float = 0.0003
    gyr_scale: float = 0.005
    gyr_range_dps: float = 2000.0
    gyr_dps_per_k: float = 0.01
    gyr_mean: bool = True
    """Whether the rate is the mean over the interval (on-chip integration) or a point sample."""
    acc_noise_mg_rthz: float = 0.12
    acc_offset_mg: float = 12.0
    acc_scale: float = 0.003
    acc_range_g: float = 16.0
    acc_mg_per_k: float = 0.1
    misalignment_deg: float = 0.4
    cross_axis: float = 0.005
    mag_noise_ut_rthz: float = 0.15
    mag_offset_ut: float = 3.0
    bits: int = 16


_POWERS_LSM = (12.5, 26.0, 52.0, 104.0, 208.0, 416.0, 833.0, 1666.0)
_POWERS_BMI = (25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)

MODELS: Mapping[str, SensorModel] = {
    m.name: m
    for m in (
        SensorModel("generic"),
        # LSM6DSO data sheet (ST DS12140): 3.8 mdps/√Hz, 70 µg/√Hz, ±1 dps, ±20 mg, ±0.01 dps/K, ±0.1 mg/K.
        SensorModel(
            "lsm6dso",
            _POWERS_LSM,
            gyr_noise_dps_rthz=0.0038,
            gyr_bias_dps=0.5,
            acc_noise_mg_rthz=0.07,
            acc_offset_mg=10.0,
            gyr_mean=False,
        ),
        # BMI270 data sheet (Bosch BST-BMI270-DS000): 7 mdps/√Hz, 160 µg/√Hz, ±0.5 dps, ±20 mg, 0.02 dps/K.
        SensorModel(
            "bmi270",
            _POWERS_BMI,
            gyr_noise_dps_rthz=0.007,
            gyr_bias_dps=0.25,
            gyr_dps_per_k=0.02,
            acc_noise_mg_rthz=0.16,
            acc_offset_mg=10.0,
            acc_mg_per_k=0.25,
            gyr_mean=False,
        ),
        # ICM-20948 data sheet (TDK DS-000189): 15 mdps/√Hz, 230 µg/√Hz, ±5 dps, ±50 mg, ±2 % cross axis.
        SensorModel(
            "icm20948",
            gyr_noise_dps_rthz=0.015,
            gyr_bias_dps=2.5,
            gyr_walk_dps_rts=0.001,
            gyr_scale=0.0075,
            gyr_dps_per_k=0.05,
            acc_noise_mg_rthz=0.23,
            acc_offset_mg=25.0,
            acc_scale=0.005,
            acc_mg_per_k=0.8,
            misalignment_deg=0.6,
            cross_axis=0.01,
            gyr_mean=False,
        ),
        # Movella DOT: strapdown at 800 Hz to 60 Hz, calibrated in the factory (user manual XD0502P).
        SensorModel(
            "movella_dot",
            (1.0, 4.0, 10.0, 12.0, 15.0, 20.0, 30.0, 60.0, 120.0),
            gyr_noise_dps_rthz=0.007,
            gyr_bias_dps=0.3,
            acc_noise_mg_rthz=0.12,
            acc_offset_mg=2.0,
            acc_scale=0.001,
            misalignment_deg=0.1,
            cross_axis=0.001,
        ),
        # MbientLab MetaMotion S: BMI270 behind a 100 Hz stream.
        SensorModel(
            "metamotion",
            _POWERS_BMI,
            gyr_noise_dps_rthz=0.007,
            gyr_bias_dps=0.25,
            gyr_dps_per_k=0.02,
            acc_noise_mg_rthz=0.16,
            acc_offset_mg=10.0,
            gyr_mean=False,
        ),
        SensorModel(
            "ideal",
            gyr_noise_dps_rthz=0.0,
            gyr_bias_dps=0.0,
            gyr_walk_dps_rts=0.0,
            gyr_scale=0.0,
            gyr_range_dps=1e9,
            gyr_dps_per_k=0.0,
            acc_noise_mg_rthz=0.0,
            acc_offset_mg=0.0,
            acc_scale=0.0,
            acc_range_g=1e9,
            acc_mg_per_k=0.0,
            misalignment_deg=0.0,
            cross_axis=0.0,
            mag_noise_ut_rthz=0.0,
            mag_offset_ut=0.0,
            bits=60,
        ),
    )
}


def sensor_model(name: str, rate_hz: float) -> SensorModel:
    """A family by name. Raises `SimulationError` for one that is not known, or a rate it does not offer."""
    if name not in MODELS:
        raise SimulationError(f"sensor {name!r}: must be one of {', '.join(MODELS)}")
    model = MODELS[name]
    if model.rates_hz and not any(abs(rate_hz - r) < 1e-6 for r in model.rates_hz):
        offered = ", ".join(f"{r:g}" for r in model.rates_hz)
        raise SimulationError(f"rate {rate_hz:g} Hz: a {name} offers {offered} Hz")
    if not 5.0 <= rate_hz <= 2000.0:
        raise SimulationError(f"rate {rate_hz:g} Hz: allowed are 5 to 2000 Hz")
    return model
