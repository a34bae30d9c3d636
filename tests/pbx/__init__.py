"""The test PBX: Kamailio, Mosquitto and a media endpoint on loopback."""
