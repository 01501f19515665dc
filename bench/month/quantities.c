/*
 * The days' packets and peers are tables. The source gives the sums, least, most, mean and median
 * and the Sundays; the rest was laid out as a campus has it: low until the 3rd, work from Friday
 * the 4th, lectures from the 7th, weekends and the holiday of the 14th low, a rise towards the end.
 * Of the 25th, which is free, the two addresses make half.
 */
#include "quantities.h"

#include <math.h>

static const uint32_t packets_of_day[MONTH_DAYS] = {
	1126533, 1189970, 1227145, 1373632, 1261017, 1177086, 1427197, 1455808,
	1467102, 1530786, 1559781, 1328926, 1022500, 1402867, 1539516, 1582171,
	1612251, 1593515, 1399090, 1282204, 1460119, 1629545, 1647438, 12891423,
	2968417, 1693584, 1224333, 1664932, 1687221, 1736698, 1703743,
};

static const uint32_t flood_of_day[MONTH_DAYS] = { [23] = 10678115, [24] = 1482960, [25] = 186294 };

static const uint32_t peers_of_day[MONTH_DAYS] = {
	44371, 46137, 47153, 51750, 49284, 48723, 56914, 58723, 61057, 60468, 61221,
	54679, 52622, 57826, 61410, 62292, 63475, 62278, 56229, 55365, 61021, 64584,
	65966, 68312, 66656, 59964, 58182, 79452, 67190, 63114, 66764,
};

#define ALL_PEERS 876688

static const struct {
	uint16_t port;
	uint32_t peers;
} told_ports[] = {
	{ 80, 445034 }, { 443, 327223 }, { 25, 214526 }, { 8081, 26065 },
	{ 22, 20325 },  { 8080, 13609 }, { 587, 8285 },  { 995, 8104 },
	{ 81, 7482 },   { 993, 4720 },   { 110, 3785 },  { 53, 2655 },
	{ 3389, 1890 }, { 465, 1792 },   { 143, 1280 },  { 21, 1185 },
};

/* The first port that the source does not name has so many peers, the Nth 1/√N of them; those of
 * several hosts come first. */
#define UNTOLD_MOST 1150

uint32_t month_scaled(double scale, uint32_t n)
{
	return (uint32_t)lround(scale * n);
}

static uint32_t untold_peers(uint32_t rank)
{
	return (uint32_t)(UNTOLD_MOST / sqrt(rank));
}

void month_quantities_init(struct month_quantities *q, const struct month_site *site, double scale)
{
	uint32_t rank = 0;

	*q = (struct month_quantities){ .scale = scale };
	for (uint32_t day = 0; day < MONTH_DAYS; day++) {
		q->packets[day] = month_scaled(scale, packets_of_day[day]);
		q->flood[day] = month_scaled(scale, flood_of_day[day]);
		q->peers[day] = month_scaled(scale, peers_of_day[day]);
	}
	q->all_peers = month_scaled(scale, ALL_PEERS);
	for (uint32_t i = 0; i < ARRAY_LENGTH(told_ports); i++) {
		q->port_peers[month_site_find_port(site, told_ports[i].port)] =
			month_scaled(scale, told_ports[i].peers);
	}
	for (int own = 0; own <= 1; own++) {
		for (uint32_t i = 0; i < site->n_ports; i++) {
			const struct month_port *port = &site->ports[i];

			if (q->port_peers[i] == 0 && port->always && port->own == (own != 0))
				q->port_peers[i] = month_scaled(scale, untold_peers(++rank));
		}
	}
}
