"""The makers' own driver (lakeshore on PyPI) on a 336 and a 372: opened over TCP and over a serial line, read, set and read back.

Arguments: port of the 336, port of the 372, terminal of the 336, terminal of the 372. Prints one JSON object.
"""

import json
import sys
import time

import serial
from lakeshore import Model336, Model372

port_336, port_372, terminal_336, terminal_372 = sys.argv[1:]


def over_serial(path):
    """The driver looks for USB numbers, which a pseudo-terminal has not; a connection that says so is used as its serial port."""
    line = serial.Serial(path, 57600, timeout=2)
    line.FAKE_CONNECTION = True
    return line


def tell_336(ls):
    told = {"model": ls.model_number, "kelvin": [ls.get_kelvin_reading(name) for name in "AB"]}
    told["all"] = ls.get_all_kelvin_reading()
    told["celsius"] = ls.get_celsius_reading("A")
    told["raw"] = ls.get_sensor_reading("A")
    told["status"] = str(ls.get_input_reading_status("A"))
    told["self test"] = ls.get_self_test()
    told["header"] = vars(ls.get_curve_header(21))["curve_name"]
    told["type"] = int(ls.get_input_sensor("A").sensor_type)
    ls.set_sensor_name("A", "shield")
    told["name"] = ls.get_sensor_name("A")
    ls.set_heater_setup(1, ls.HeaterResistance.HEATER_25_OHM, 1.0, ls.HeaterOutputUnits.POWER)
    told["heater"] = ls.get_heater_setup(1)["max_current"]
    ls.set_heater_pid(1, 40, 20, 0)
    told["pid"] = ls.get_heater_pid(1)
    ls.set_control_setpoint(1, -200.0)
    time.sleep(0.6)
    told["setpoint"] = ls.get_control_setpoint(1)
    ls.set_control_setpoint(1, 3.5)
    ls.all_heaters_off()
    told["range"] = int(ls.get_heater_range(1))
    ls.set_relay_alarms(1, "A", 1)
    told["relay"] = ls.get_relay_alarm_control_parameters(1)["activating_input_channel"]
    told["lock"] = ls.get_keypad_lock()["state"]
    told["lan"] = ls.get_network_settings()["dhcp_enable"]
    told["operation"] = str(ls.get_operation_condition())
    told["status byte"] = str(ls.get_status_byte())
    try:
        ls.query("NOTHING?")
    except Exception as error:
        told["refused"] = str(error)
    return told


def tell_372(ls):
    told = {"model": ls.model_number, "kelvin": [ls.get_kelvin_reading(channel) for channel in (1, 2, 4, 5, 6)]}
    told["ohms"] = ls.get_resistance_reading(6)
    told["quadrature"] = ls.get_quadrature_reading(6)
    told["power"] = ls.get_excitation_power(6)
    told["scanner"] = ls.get_scanner_status()["status"]
    told["input"] = ls.get_input_channel_parameters(6).enable
    told["header"] = int(ls.get_curve_header(26).curve_data_format)
    told["excitation"] = int(ls.get_input_setup_parameters(6).mode)
    told["output"] = int(ls.get_heater_output_settings(2).output_mode)
    told["still"] = ls.get_still_output()
    told["warm-up"] = ls.get_warmup_heater_setup()["max_current"]
    told["sample"] = ls.get_sample_heater_setup()["resistance"]
    ls.set_setpoint_kelvin(0, 0.03)
    time.sleep(0.6)
    told["setpoint"] = ls.get_setpoint_kelvin(0)
    told["status"] = str(ls.get_reading_status(6))
    told["frequency"] = int(ls.get_excitation_frequency(6).value)
    ls.disable_input(6)
    time.sleep(0.3)
    told["off"] = [ls.get_kelvin_reading(6), str(ls.get_reading_status(6))]
    # On again, and the scanner goes there first: it settles for three seconds.
    ls.command("INSET 6,1,2,3,26,1", "SCAN 6,1")
    time.sleep(3.5)
    ls.all_off()
    return told


told = {}
for name, tell, over_tcp, connection in (
    ("336", tell_336, lambda: Model336(ip_address="127.0.0.1", tcp_port=int(port_336)), terminal_336),
    ("372", tell_372, lambda: Model372(baud_rate=57600, ip_address="127.0.0.1", tcp_port=int(port_372)), terminal_372),
):
    told[name] = tell(over_tcp())
    line = over_serial(connection)
    by_line = Model336(connection=line) if name == "336" else Model372(baud_rate=57600, connection=line)
    told[f"{name} serial"] = tell(by_line)
print(json.dumps(told))
