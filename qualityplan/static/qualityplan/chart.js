// The chart of a target: what was reached, month by month, against what was promised, the pace, last year, and where the
// year ends at the present pace. The table below it holds the same figures.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const symbols = { green: "circle", yellow: "triangle", red: "diamond", grey: "emptyCircle" };
  const has = (key) => months.some((month) => month[key] !== null);
  let place;
  let data;
  let months;
  let names;
  let first;
  let chart;

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--qp-${name}`).trim();

  const point = (month) => ({
    value: month.actual,
    symbol: symbols[month.signal],
    itemStyle: { color: token(month.signal) },
  });

  // The outlook begins where the last figure is known, so that it grows out of the line.
  const outlook = (index) => {
    const month = months[index];
    if (month.outlook) return month.outlook;
    return index === first - 1 && month.actual !== null ? [month.actual, month.actual, month.actual] : null;
  };

  const tip = ([hovered]) => {
    const month = months[hovered.dataIndex];
    const lines = [month.month];
    if (month.actualText) lines.push(`${names.actual}  ${month.actualText}`, month.word);
    if (month.thresholdText) lines.push(`${names.threshold}  ${month.thresholdText}`);
    if (month.paceText) lines.push(`${names.pace}  ${month.paceText}`);
    if (month.lastYearText) lines.push(`${names.lastYear}  ${month.lastYearText}`);
    if (month.outlookText)
      lines.push(`${names.outlook}  ${month.outlookText[0]}`, `${names.range}  ${month.outlookText[1]}`);
    return lines.join("\n");
  };

  const line = (name, values, colour, style, more = {}) => ({
    name,
    type: "line",
    symbol: "none",
    connectNulls: true,
    data: values,
    lineStyle: { width: 1.5, color: token(colour), ...style },
    itemStyle: { color: token(colour) },
    ...more,
  });

  const band = (index) => {
    const values = outlook(index);
    return values && values[2] - values[0];
  };

  const series = () => {
    const every = months.map((_month, index) => index);
    const all = [
      line(
        names.actual,
        months.map(point),
        "accent",
        { width: 2.5 },
        { symbol: null, symbolSize: 9, connectNulls: false, z: 5 },
      ),
      line(
        names.threshold,
        months.map((month) => month.threshold),
        "aim",
        { type: "dashed" },
      ),
    ];
    if (data.upper !== null)
      all.push(
        line(
          names.upper,
          months.map(() => data.upper),
          "aim",
          { type: "dashed" },
        ),
      );
    if (has("pace"))
      all.push(
        line(
          names.pace,
          months.map((month) => month.pace),
          "aim",
          { type: "dotted" },
        ),
      );
    if (has("lastYear"))
      all.push(
        line(
          names.lastYear,
          months.map((month) => month.lastYear),
          "grey-solid",
          { width: 2 },
        ),
      );
    if (first >= 0) {
      const none = { width: 0 };
      all.push(
        line(
          names.outlook,
          every.map((index) => outlook(index)?.[1] ?? null),
          "accent",
          { type: [2, 5], width: 2 },
        ),
        line(
          "low",
          every.map((index) => outlook(index)?.[0] ?? null),
          "accent",
          none,
          { stack: "range", silent: true },
        ),
        line(names.range, every.map(band), "accent", none, {
          stack: "range",
          silent: true,
          areaStyle: { color: token("accent"), opacity: 0.14 },
        }),
      );
    }
    return all;
  };

  const bar = (path) => `path://${path}`;
  const icons = () => ({
    [names.actual]: bar("M0 0h20v3h-20z"),
    [names.threshold]: bar("M0 0h8v3h-8z M12 0h8v3h-8z"),
    [names.upper]: bar("M0 0h8v3h-8z M12 0h8v3h-8z"),
    [names.pace]: bar("M0 0h3v3h-3z M6 0h3v3h-3z M12 0h3v3h-3z M18 0h2v3h-2z"),
    [names.lastYear]: bar("M0 0h20v3h-20z"),
    [names.outlook]: bar("M0 0h3v3h-3z M8 0h3v3h-3z M16 0h3v3h-3z"),
    [names.range]: "rect",
  });

  const options = () => {
    const drawn = series();
    const signs = icons();
    const narrow = place.clientWidth < 560;
    return {
      animation: !still.matches,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token("ink") },
      grid: { left: 8, right: 16, top: narrow ? 96 : 64, bottom: 8, containLabel: true },
      legend: {
        top: 0,
        left: 0,
        right: 0,
        itemGap: narrow ? 10 : 16,
        itemWidth: 20,
        itemHeight: 3,
        textStyle: { color: token("muted") },
        selectedMode: false,
        data: drawn
          .filter(({ name }) => signs[name])
          .map(({ name }) => ({
            name,
            icon: signs[name],
            ...(name === names.range && { itemStyle: { opacity: 0.3 } }),
          })),
      },
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        confine: true,
        formatter: tip,
        backgroundColor: token("paper"),
        borderColor: token("line"),
        textStyle: { color: token("ink"), lineHeight: 20, fontFamily: getComputedStyle(document.body).fontFamily },
      },
      xAxis: {
        type: "category",
        data: months.map((month) => month.month),
        axisLine: { lineStyle: { color: token("line") } },
        axisTick: { show: false },
        axisLabel: { color: token("muted") },
      },
      yAxis: {
        type: "value",
        scale: true,
        name: data.unit,
        nameTextStyle: { color: token("muted"), align: "left" },
        splitLine: { lineStyle: { color: token("line") } },
        axisLabel: { color: token("muted") },
      },
      series: drawn,
    };
  };

  const draw = () => chart?.setOption(options(), true);
  const size = new ResizeObserver(() => chart?.resize());

  // Anew for each month that is chosen: the place and the figures are exchanged with the page.
  const begin = () => {
    chart?.dispose();
    size.disconnect();
    place = document.getElementById("chart");
    chart = place && echarts.init(place, null, { renderer: "canvas" });
    if (!place) return;
    data = shared.readData("chart-data");
    ({ months, names } = data);
    first = months.findIndex((month) => month.outlook);
    draw();
    size.observe(place);
  };

  begin();
  dark.addEventListener("change", draw);
  document.addEventListener("htmx:afterSettle", begin);
})();
