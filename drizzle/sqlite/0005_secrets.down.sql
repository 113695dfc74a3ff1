DROP TABLE `secrets`;
