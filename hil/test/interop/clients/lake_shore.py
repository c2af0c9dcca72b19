"""A lab's evening with QCoDeS' own drivers: read temperatures, set heaters, hold 4 K and the mixing chamber at set points.

Arguments: port of the 336, port of the 372, folder of the Bluefors logs. Prints one JSON object.
"""

import json
import sys
import time

from qcodes.instrument_drivers.Lakeshore import LakeshoreModel336, LakeshoreModel372

port_336, port_372, logs = sys.argv[1:]
told = {}


def address(port):
    return f"TCPIP::127.0.0.1::{port}::SOCKET"


def settled(read, setpoint, tolerance, seconds, hold=1.5):
    """Waits until a reading stays within tolerance of its set point; returns the last readings."""
    end = time.monotonic() + seconds
    inside_since = None
    while time.monotonic() < end:
        now = read()
        if abs(now - setpoint) > tolerance:
            inside_since = None
        elif inside_since is None:
            inside_since = time.monotonic()
        elif time.monotonic() - inside_since > hold:
            return now
        time.sleep(0.1)
    return read()


ls336 = LakeshoreModel336("ls336", address(port_336), visalib="@py")
told["336"] = ls336.get_idn()
told["temperatures"] = {name: getattr(ls336, name).temperature() for name in "AB"}
told["status"] = ls336.A.sensor_status()
told["raw"] = ls336.B.sensor_raw()
# The driver takes names of fifteen characters and more, the instrument fifteen and fewer.
ls336.A.sensor_name("the warm shield")
told["name"] = ls336.A.sensor_name()
told["type"] = ls336.A.sensor_type()
told["curve"] = [ls336.A.curve_number(), ls336.A.curve_name(), ls336.A.curve_format()]

output = ls336.output_1
output.mode("closed_loop")
output.input_channel("B")
output.P(50)
output.I(200)
output.D(0)
output.output_range("medium")
output.setpoint(3.5)
told["setpoint"] = settled(output.setpoint, 3.5, 1e-6, 5, hold=0)
output.wait_cycle_time(0.1)
output.wait_tolerance(0.002)
output.wait_equilibration_time(1)
output.wait_until_set_point_reached()
told["held"] = ls336.B.temperature()
told["output"] = output.output()
output.output_range("off")
told["pid"] = [output.P(), output.I(), output.D(), output.mode()]

ls372 = LakeshoreModel372("ls372", address(port_372), visalib="@py")
told["372"] = ls372.get_idn()
told["cold"] = {name: getattr(ls372, name).temperature() for name in ("ch01", "ch02", "ch04", "ch05", "ch06")}
told["open"] = [ls372.ch09.temperature(), ls372.ch09.sensor_status()]
told["enabled"] = [ls372.ch06.enabled(), ls372.ch09.enabled()]
ls372.write("SCAN 6,0")
heater = ls372.sample_heater
heater.mode("closed_loop")
heater.input_channel(6)
heater.P(1000)
heater.I(100)
heater.D(0)
heater.output_range("1mA")
heater.setpoint(0.03)
begin = time.monotonic()
told["mixing"] = settled(ls372.ch06.temperature, 0.03, 0.0005, 30)
told["seconds"] = time.monotonic() - begin
told["sample heater"] = heater.output()
heater.output_range("off")

from qcodes_contrib_drivers.drivers.BlueFors.BlueFors import BlueFors

fridge = BlueFors("fridge", logs, 1, 2, 3, 4, 5, 6, 1, 2, 5, 6)
told["log"] = {
    "50K": float(fridge.temperature_50k_plate()),
    "4K": float(fridge.temperature_4k_plate()),
    "still": float(fridge.temperature_still()),
    "mixing": float(fridge.temperature_mixing_chamber()),
    "pumping line": float(fridge.pressure_pumping_line()),
}
print(json.dumps(told))
