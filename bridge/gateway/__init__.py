"""The PBX gateway: joins a PBX to the MQTT contract (``offhook pbx-gateway``); page: README.md."""
