"""The API as whoever has nothing but its schema sees it: generated clients and requests, hostile ones, other people's keys."""
