/*
 * The dictionary of series: its columns byte by byte, under zstd. Small beside the records,
 * whatever it costs.
 */
#include <errno.h>
#include <stdlib.h>

#include <zstd.h>

#include "archive/part_internal.h"

#define SERIES_BYTES 20u
#define ZSTD_LEVEL   9

int part_series_compare(const struct part_series *a, const struct part_series *b)
{
	int by_host = addr_compare(a->host, b->host);
	uint32_t rest_a = (uint32_t)a->port << 16 | (uint32_t)a->protocol << 8 | a->marks;
	uint32_t rest_b = (uint32_t)b->port << 16 | (uint32_t)b->protocol << 8 | b->marks;

	return by_host ? by_host : (rest_a < rest_b ? -1 : rest_a > rest_b);
}

static void to_planes(const struct part_series *series, uint32_t n, uint8_t *planes)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t host[16];

		addr_to_bytes(series[i].host, host);
		for (size_t plane = 0; plane < 16; plane++)
			planes[plane * n + i] = host[plane];
		planes[16ULL * n + i] = (uint8_t)(series[i].port >> 8);
		planes[17ULL * n + i] = (uint8_t)series[i].port;
		planes[18ULL * n + i] = series[i].protocol;
		planes[19ULL * n + i] = series[i].marks;
	}
}

static void from_planes(const uint8_t *planes, uint32_t n, struct part_series *ret_series)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t host[16];

		for (size_t plane = 0; plane < 16; plane++)
			host[plane] = planes[plane * n + i];
		ret_series[i] = (struct part_series){
			.host = addr_from_bytes(host),
			.port = (uint16_t)(planes[16ULL * n + i] << 8 | planes[17ULL * n + i]),
			.protocol = planes[18ULL * n + i],
			.marks = planes[19ULL * n + i],
		};
	}
}

int series_pack(const struct part_series *series, uint32_t n, struct buffer *out)
{
	size_t length = (size_t)n * SERIES_BYTES, packed, room = ZSTD_compressBound(length);
	uint8_t *planes = malloc(length), *bytes = buffer_reserve(out, room);

	if (!planes || !bytes) {
		free(planes);
		return -ENOMEM;
	}
	to_planes(series, n, planes);
	packed = ZSTD_compress(bytes, room, planes, length, ZSTD_LEVEL);
	free(planes);
	if (ZSTD_isError(packed)) /* the room is enough, so it is memory that was not */
		return -ENOMEM;
	out->length += packed;
	return 0;
}

int series_unpack(const uint8_t *bytes, size_t length, struct part_series *ret_series, uint32_t n)
{
	size_t wanted = (size_t)n * SERIES_BYTES, got;
	uint8_t *planes;

	if (ZSTD_getFrameContentSize(bytes, length) != wanted)
		return ERR_DAMAGED;
	planes = malloc(wanted);
	if (!planes)
		return -ENOMEM;
	got = ZSTD_decompress(planes, wanted, bytes, length);
	if (got == wanted)
		from_planes(planes, n, ret_series);
	free(planes);
	if (got != wanted)
		return ERR_DAMAGED;
	for (uint32_t i = 1; i < n; i++) {
		if (part_series_compare(&ret_series[i - 1], &ret_series[i]) >= 0)
			return ERR_DAMAGED;
	}
	return 0;
}
