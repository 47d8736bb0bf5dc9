// The chart of a target: actual by month against what was promised. The table beside it holds the same figures.
(() => {
  const place = document.getElementById("chart");
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const symbols = { green: "circle", yellow: "triangle", red: "diamond", grey: "emptyCircle" };
  let chart;

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--qp-${name}`).trim();

  const point = (month) => ({
    value: month.actual,
    symbol: symbols[month.signal],
    itemStyle: { color: token(month.signal) },
  });

  const tip = ([first]) => {
    const month = data.months[first.dataIndex];
    const lines = [month.month];
    if (month.actualText) lines.push(`${data.names.actual}  ${month.actualText}`, month.word);
    if (month.thresholdText) lines.push(`${data.names.threshold}  ${month.thresholdText}`);
    return lines.join("\n");
  };

  const options = () => ({
    animation: !still.matches,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token("ink") },
    grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
    legend: {
      top: 0,
      right: 0,
      itemGap: 20,
      itemWidth: 20,
      itemHeight: 3,
      textStyle: { color: token("muted") },
      selectedMode: false,
      data: [
        { name: data.names.actual, icon: "path://M0 0h20v3h-20z" },
        { name: data.names.threshold, icon: "path://M0 0h8v3h-8z M12 0h8v3h-8z" },
      ],
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
      data: data.months.map((month) => month.month),
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
    series: [
      {
        name: data.names.actual,
        type: "line",
        symbolSize: 9,
        data: data.months.map(point),
        lineStyle: { width: 2.5, color: token("accent") },
        itemStyle: { color: token("accent") },
      },
      {
        name: data.names.threshold,
        type: "line",
        symbol: "none",
        data: data.months.map((month) => month.threshold),
        lineStyle: { width: 1.5, type: "dashed", color: token("aim") },
        itemStyle: { color: token("aim") },
      },
    ],
  });

  const draw = () => {
    chart ??= echarts.init(place, null, { renderer: "canvas" });
    chart.setOption(options(), true);
  };

  draw();
  dark.addEventListener("change", draw);
  new ResizeObserver(() => chart.resize()).observe(place);
})();
